#include "flow/step_rows.h"

#include "flow/step_outcome.h"
#include "millpond/pond/blobs.h"

namespace millpond::flow {

Result<std::unique_ptr<MadeSplit>> MadeSplit::open(pond::Pond& pond, const PlannedTable& planned, std::string_view text,
                                                   Context& context) {
  context.provide<Blobs>(pond::blobs_of(pond));
  MP_ASSIGN(const pond::Table upstream, pond.table(planned.spec.from));
  MP_ASSIGN(const Split split, split_from(text, upstream));
  auto made = std::make_unique<MadeSplit>();
  made->number_ = split.number;
  if (planned.chain.costly_from() < planned.chain.steps().size()) {
    MP_ASSIGN(const pond::Table table, pond.table(planned.spec.name));
    MP_ASSIGN(made->known_, KnownRows::load(table, context));
  }
  MP_ASSIGN(made->maker_, RowMaker::make(planned, made->known_.get()));
  MP_ASSIGN(made->reader_, UpstreamReader::open(upstream, planned, split.parts, context));
  return made;
}

Result<std::optional<MadeRows>> MadeSplit::next(Context& context) {
  MP_TRY(context.check());
  MP_ASSIGN(const std::optional<Batch> batch, reader_->next(context));
  if (!batch) {
    // Rows go to a commit elsewhere: what they refer to is there before they are.
    MP_TRY(context.service<Blobs>()->sync());
    return std::optional<MadeRows>();
  }
  MP_ASSIGN(MadeRows made, maker_->make_rows(*batch, context));
  made.input_bytes = input_bytes(*batch);
  return std::optional<MadeRows>(std::move(made));
}

}  // namespace millpond::flow
