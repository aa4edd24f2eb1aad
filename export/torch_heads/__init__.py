"""Scorers as torch modules, for ONNX: the same arithmetic once more, checked against the OpenVINO graph."""
