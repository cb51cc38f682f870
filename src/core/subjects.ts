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
  /** Requests from outside, for whichever model there is. */
  readonly generate: string;
  /** Requests from outside for one model, whose name is made a word of a subject. */
  generateWith(model: string): string;
  /** Asks for a generation's frames from a place on. */
  generationResume(generation: string): string;
  /** Matches what asks for any generation's frames. */
  readonly everyGenerationResume: string;
  /** Durable requests from outside for one model, in JetStream. */
  jobs(model: string): string;
  /** Matches the durable requests for every model. */
  readonly everyJob: string;
  /** Says to every process that somebody looks at its state charts. */
  readonly inspectWatch: string;
  inspectCharts(process: string): string;
  /** Matches the charts of every process. */
  readonly everyInspectCharts: string;
}

/** A name as one word of a subject: letters, digits, `_` and `-`; each other character becomes `-`. */
export function subjectWord(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '-');
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
    generate: `${prefix}.generate`,
    generateWith: (model) => `${prefix}.generate.${subjectWord(model)}`,
    generationResume: (generation) => `${prefix}.generation.resume.${generation}`,
    everyGenerationResume: `${prefix}.generation.resume.*`,
    jobs: (model) => `${prefix}.jobs.${subjectWord(model)}`,
    everyJob: `${prefix}.jobs.*`,
    inspectWatch: `${prefix}.inspect.watch`,
    inspectCharts: (process) => `${prefix}.inspect.charts.${process}`,
    everyInspectCharts: `${prefix}.inspect.charts.*`,
  };
}
