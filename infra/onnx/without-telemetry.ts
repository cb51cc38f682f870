/**
 * onnxruntime's published builds report their use to Microsoft and leave logs in the temporary folder, unless this
 * is set before the library is loaded. Whoever sets it to 0 has decided otherwise.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
