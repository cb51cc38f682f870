/** Where passes are computed; what each needs is in onnxruntime-node's documentation. Only `cpu` can be exact. */
export const PROVIDERS = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const;
export type Provider = (typeof PROVIDERS)[number];
