/** Where passes are computed; what each needs is in onnxruntime-node's documentation. Only `cpu` can be exact. */
export type Provider = 'cpu' | 'cuda' | 'webgpu' | 'coreml' | 'dml';
