"""A constant in the model's place; Pixeltable needs such a function in a module of its own."""

import numpy
import pixeltable as pxt
from pixeltable.func import Batch

import job


@pxt.udf(batch_size=32)
def constant(text: Batch[str]) -> Batch[pxt.Array[(job.DIMENSIONS,), pxt.Float]]:
    return [numpy.ones(job.DIMENSIONS, numpy.float32)] * len(text)
