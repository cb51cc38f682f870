/** Every NATS subject once, below a configurable prefix; low cardinality first, ids last. */
export const DEFAULT_SUBJECT_PREFIX = 'dsi.v1';

export interface Subjects {
  workerStatus(worker: string): string;
  /** Matches the status of every worker. */
  readonly everyWorkerStatus: string;
  workerSession(worker: string): string;
  workerJob(worker: string): string;
  workerDraft(worker: string): string;
  /** Answers anybody with JSON: what the worker is and has done. */
  workerInfo(worker: string): string;
  generationProposals(generation: string): string;
  generationVerdicts(generation: string): string;
  generationTokens(generation: string): string;
  generationControl(generation: string): string;
}

export function createSubjects(prefix: string = DEFAULT_SUBJECT_PREFIX): Subjects {
  return {
    workerStatus: (worker) => `${prefix}.worker.status.${worker}`,
    everyWorkerStatus: `${prefix}.worker.status.*`,
    workerSession: (worker) => `${prefix}.worker.session.${worker}`,
    workerJob: (worker) => `${prefix}.worker.job.${worker}`,
    workerDraft: (worker) => `${prefix}.worker.draft.${worker}`,
    workerInfo: (worker) => `${prefix}.worker.info.${worker}`,
    generationProposals: (generation) => `${prefix}.generation.proposals.${generation}`,
    generationVerdicts: (generation) => `${prefix}.generation.verdicts.${generation}`,
    generationTokens: (generation) => `${prefix}.generation.tokens.${generation}`,
    generationControl: (generation) => `${prefix}.generation.control.${generation}`,
  };
}
