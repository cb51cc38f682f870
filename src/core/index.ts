/** The domain alone, for those who study it: draft tree, dispatch, sampler, plan and messages. Pure, no I/O. */
export { type Assignment, type DispatchPolicy, type DraftSupply, nextAssignment } from './dispatch.js';
export { type Commitment, type DraftNode, DraftTree, type VerdictOutcome } from './draft-tree.js';
export { type WireMessage, wireMessageSchema } from './messages.js';
export { NgramIndex } from './ngram-index.js';
export { extendPathHash, type PathHash, pathHashes, rootPathHash } from './path-hash.js';
export { forwardMs } from './planner/forward-times.js';
export { makePlan } from './planner/make-plan.js';
export { Planner } from './planner/planner.js';
export type { Situation } from './planner/situation.js';
export { PathSampler } from './sampler.js';
export { neutralSampler, type SamplerParameters, samplerParametersSchema } from './sampler-parameters.js';
export type { Cancel, Scheduler } from './scheduler.js';
export { createSubjects, type Subjects } from './subjects.js';
export { TokenPath } from './token-path.js';
export type { Tokenizer } from './tokenizer.js';
export { VirtualScheduler } from './virtual-scheduler.js';
