# Parts of the wheels that a C++ program on a CPU never opens: the Python modules, other devices, other model formats.
trim_runtime() {
  cd "$1"
  rm -rf bin pypdfium2 pypdfium2_cfg pypdfium2_cli
  find . -name '__pycache__' -prune -exec rm -rf {} +
  find pyarrow openvino -name '*.cpython-*.so' -delete
  find pyarrow openvino -name '*.py' -delete
  rm -rf pyarrow/tests pyarrow/src pyarrow/vendored pyarrow/includes pyarrow/*.pyx pyarrow/*.pxi pyarrow/*.pxd \
    pyarrow/libarrow_{acero,compute,dataset,flight,python,s3,substrait}*
  rm -rf openvino/tools openvino/frontend openvino/libs/cache.json openvino/libs/libopenvino_intel_gpu* \
    openvino/libs/libopenvino_intel_npu* openvino/libs/libopenvino_{gguf,jax,onnx,paddle,pytorch,tensorflow,tensorflow_lite}_frontend*
  # OpenVINO's CMake files insist on the files of every target that they name.
  sed -i -E '/_cmake_import_check_(targets|files_for_)[^ ]* ?.*frontend::(gguf|jax|onnx|paddle|pytorch|tensorflow|tensorflow_lite)[ )]/d
             /_cmake_import_check_files_for_openvino::frontend::(gguf|jax|onnx|paddle|pytorch|tensorflow|tensorflow_lite) /d' \
    openvino/cmake/OpenVINOTargets-release.cmake
}
