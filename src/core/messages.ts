import { z } from 'zod';
import { chartFrameSchema } from './chart-frames.js';
import { MOST_TOP_LOGPROBS, tokenLogprobsSchema } from './logprobs.js';
import { samplerParametersSchema } from './sampler-parameters.js';

/**
 * Every message between processes, once: the schema is the only source of its type. Positions are absolute
 * (prompt included, from 0). A path hash at position p names all tokens before p.
 */
export const WIRE_VERSION = 1;

/** The longest token list in one message: keeps it well below the 1 MB that NATS takes. */
export const MAX_MESSAGE_TOKENS = 131_072;

const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1..64 letters, digits, _ or -');
const hash = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits');
const position = z.int().min(0).max(0x7fffffff);
const token = z.int().min(0).max(0x7fffffff);
const tokens = z.array(token).max(MAX_MESSAGE_TOKENS);
const milliseconds = z.number().min(0);
const epoch = z.int().min(0);
const line = z.string().max(2000);
const probability = z.number().min(0).max(1);

export const forwardTimeSchema = z.object({ tokens: z.int().min(1), ms: milliseconds });

/** worker -> anyone, on `worker.status.<worker>`: at ready, every second between passes, at drain. */
export const workerAnnounced = z.object({
  type: z.literal('worker.announced'),
  worker: id,
  role: z.enum(['target', 'drafter']),
  state: z.enum(['ready', 'draining']),
  model: line,
  fingerprint: line,
  numerics: z.enum(['exact', 'relaxed']),
  tokenizerHash: line,
  vocabularySize: z.int().min(1),
  contextTokens: z.int().min(1),
  forwardTimes: z.array(forwardTimeSchema).min(1).max(64),
  slots: z.int().min(1),
  freeSlots: z.int().min(0),
  /** Workers with the same value share processor cores. */
  host: line,
  /** The engine that started it, which alone uses it. */
  owner: id.optional(),
  /** Other processes can hear what it says about generations. */
  audible: z.boolean(),
});

/** controller -> worker, on `worker.session.<worker>`, answered. Idempotent: opening again tells if it is ready. */
export const sessionOpen = z.object({
  type: z.literal('session.open'),
  generation: id,
  promptTokenIds: tokens.min(1),
  sampler: samplerParametersSchema,
  seed: z.int().min(0),
  capacityTokens: z.int().min(1),
  /** To targets: verdicts are to tell their log probabilities, and those of so many of the likeliest tokens. */
  logprobs: z.int().min(0).max(MOST_TOP_LOGPROBS).optional(),
  /** Rises with every time that the worker is asked: tells one of its sessions from the next. */
  opening: z.int().min(1),
  /** The worker forgets a session that has heard nothing for this long. */
  leaseMs: milliseconds,
});

/** The answer to `session.open`. */
export const sessionGranted = z.object({
  type: z.literal('session.granted'),
  generation: id,
  worker: id,
  /** True once the prompt is ingested. */
  ready: z.boolean(),
});

/** The other answer to `session.open`. */
export const sessionRefused = z.object({
  type: z.literal('session.refused'),
  generation: id,
  worker: id,
  /** `failed`: for want of memory or the like; it may be over when it is asked again. */
  code: z.enum(['full', 'failed', 'draining', 'capacity', 'invalid']),
  reason: line,
});

/** controller -> worker: the generation lives on; nothing else needed said lately. Not answered. */
export const sessionRenewed = z.object({ type: z.literal('session.renewed'), generation: id });

/** controller -> worker: forget this generation. Not answered. */
export const sessionClose = z.object({ type: z.literal('session.close'), generation: id });

/** worker -> controller, on the generation's verdicts or proposals subject: the prompt is ingested. */
export const sessionReady = z.object({
  type: z.literal('session.ready'),
  generation: id,
  worker: id,
  promptMs: milliseconds,
  startedAtMs: z.number(),
});

/** controller -> target, on `worker.job.<worker>`: verify. */
export const jobAssigned = z.object({
  type: z.literal('job.assigned'),
  job: z.int().min(0),
  generation: id,
  epoch,
  /** Position of `tokens[0]`; the job builds on the path before it, whose hash is `pathHash`. */
  from: position,
  pathHash: hash,
  tokens,
  /** Verdicts wanted for the positions first..last; last <= from + tokens.length. */
  first: position,
  last: position,
  /** Where the committed prefix ends: what is nearest to it goes first. */
  committedPosition: position,
  /**
   * After the last wanted verdict, or the first that refutes the job's own next token, go on from it for up to this
   * many tokens.
   */
  extend: z.int().min(0),
  /** Extend only from a verdict that refuted one of the job's own tokens. */
  extendOnRefutationOnly: z.boolean(),
  /** From now on the target hears the drafters itself: this job, or one after it, waits for drafts. */
  listen: z.boolean(),
  /** Drafts to wait for before the pass, where it listens: it takes what goes on from this path. */
  awaitDrafts: z.int().min(0).max(1024),
  /** How long at most. */
  awaitMs: milliseconds,
});

/** target -> controller, on `generation.verdicts.<generation>`: the target's own next tokens. */
export const verdictReturned = z.object({
  type: z.literal('verdict.returned'),
  generation: id,
  worker: id,
  job: z.int().min(0),
  epoch,
  /** Position that ids[0] would take. */
  position,
  ids: tokens.min(1),
  /** pathHashes[i] names the path on which ids[i] was computed. */
  pathHashes: z.array(hash).min(1),
  /** One per id, where the session was opened for them. */
  logprobs: z.array(tokenLogprobsSchema).optional(),
  startedAtMs: z.number(),
  forwardMs: milliseconds,
  tokensIngested: z.int().min(0),
  /** As the job said: so much of its path was committed. */
  committedPosition: position,
  /** False while the worker goes on extending this job. */
  done: z.boolean(),
});

/** target -> controller: the job ends without (more) verdicts. */
export const jobEnded = z.object({
  type: z.literal('job.ended'),
  generation: id,
  worker: id,
  /** Absent when the session failed with no job, while ingesting the prompt. */
  job: z.int().min(0).optional(),
  /** Then: the `opening` that the session was opened by. */
  opening: z.int().min(1).optional(),
  outcome: z.enum(['resync', 'dropped', 'unknownSession', 'failed']),
  /** Why, when failed. */
  reason: line.optional(),
  /** The path after which the model's logits name no token. */
  invalidAfter: hash.optional(),
  /** With `resync`: a path that it holds, of which an earlier job said that it was committed. */
  held: z.object({ position, pathHash: hash }).optional(),
});

/** controller -> drafter, on `worker.draft.<worker>`: draft on after this path. Absolute; sent again until seen. */
export const draftStart = z.object({
  type: z.literal('draft.start'),
  generation: id,
  epoch,
  /** Position of tokens[0]; `pathHash` names the path before it. */
  from: position,
  pathHash: hash,
  tokens,
  /** Tokens of this path that are committed. */
  root: position,
  /** Listen to the targets: verdicts on the path move the root and turn the drafter round where they refute it. */
  listen: z.boolean(),
  /** Draft no further beyond the committed prefix than this. */
  ahead: z.int().min(0),
  /**
   * Nor where all drafts beyond it are right with less than this, by `beliefs`, before more of them are committed; 0:
   * however unlikely.
   */
  leastLikelihood: probability,
  /** How likely a draft is right if those before it are, by its confidence: classes of equal width, the least sure first. */
  beliefs: z.array(probability).min(1).max(256),
  /** Draft nothing at or beyond this position. */
  end: position,
  /** What was proposed after this path may not have arrived: propose it again. */
  afresh: z.boolean(),
  /** Drafts per message; fewer after `flushMs`, when far enough ahead, or when exhausted. */
  batch: z.int().min(1).max(1024),
  flushMs: milliseconds,
});

/** controller -> drafter that does not listen: the path stands, and so much of it is committed by now. */
export const draftConfirmed = z.object({
  type: z.literal('draft.confirmed'),
  generation: id,
  epoch,
  root: position,
});

/** How many, and what their passes took together. */
const droppedDrafts = z.object({ drafts: z.int().min(1), forwardMs: milliseconds });

/** drafter -> controller, on `generation.proposals.<generation>`. */
export const draftProposed = z.object({
  type: z.literal('draft.proposed'),
  generation: id,
  worker: id,
  epoch,
  /** Names the path before ids[0]. */
  parentHash: hash,
  position,
  ids: tokens,
  /** How sure, 0..255, one per id. */
  confidences: z.array(z.int().min(0).max(255)),
  /** Nothing more comes on this path, or not before more of it is committed. */
  exhausted: z.boolean(),
  /** The drafter has gone as far as it may, and rests until it hears of more: the next draft's start says nothing of its speed. */
  rests: z.boolean().optional(),
  startedAtMs: z.number(),
  forwardMs: milliseconds,
  /** Drafts that were made since the last message and are not told, since something else was to be drafted by then. */
  dropped: droppedDrafts.optional(),
});

/** drafter -> controller: a start built on a path that this drafter does not hold, or an unknown session. */
export const draftRejected = z.object({
  type: z.literal('draft.rejected'),
  generation: id,
  worker: id,
  outcome: z.enum(['resync', 'unknownSession', 'failed']),
  reason: line.optional(),
});

/** anyone -> controller, on `generation.control.<generation>`. */
export const generationCancelled = z.object({ type: z.literal('generation.cancelled'), generation: id });

/** controller -> anyone, on `generation.tokens.<generation>`: one per committed token. */
export const tokenCommitted = z.object({
  type: z.literal('token.committed'),
  generation: id,
  seq: z.int().min(0),
  position,
  token,
  drafted: z.boolean(),
});

/** controller -> anyone, on `generation.tokens.<generation>`: no token follows. */
export const generationEnded = z.object({
  type: z.literal('generation.ended'),
  generation: id,
  outcome: z.enum(['completed', 'cancelled', 'failed']),
  finishReason: line,
  tokens: z.int().min(0),
});

/** viewer -> every process, on `inspect.watch`: somebody looks at state charts. Said again while somebody does. */
export const chartsWatched = z.object({
  type: z.literal('charts.watched'),
  /** How long this holds. */
  leaseMs: milliseconds.max(600_000),
  /** Begin with all that is there, also where somebody looked already. */
  afresh: z.boolean(),
  /** The process that this is for. Absent: all of them. */
  process: id.optional(),
});

/** process -> viewers, on `inspect.charts.<process>`, only while somebody looks. */
export const chartsShown = z.object({
  type: z.literal('charts.shown'),
  process: id,
  /** Rises by one with every message of this process: a gap is a loss. */
  seq: z.int().min(0),
  /** The frames begin with all that is there. */
  afresh: z.boolean(),
  /** Frames that were left out before these because there were too many. */
  omitted: z.int().min(0),
  /** The process ends; nothing follows. */
  ends: z.boolean(),
  frames: z.array(chartFrameSchema).max(4096),
});

export const wireMessageSchema = z.discriminatedUnion('type', [
  workerAnnounced,
  sessionOpen,
  sessionGranted,
  sessionRefused,
  sessionRenewed,
  sessionClose,
  sessionReady,
  jobAssigned,
  verdictReturned,
  jobEnded,
  draftStart,
  draftConfirmed,
  draftProposed,
  draftRejected,
  generationCancelled,
  tokenCommitted,
  generationEnded,
  chartsWatched,
  chartsShown,
]);

export type WireMessage = z.infer<typeof wireMessageSchema>;
export type MessageOf<Type extends WireMessage['type']> = Extract<WireMessage, { type: Type }>;

export type WorkerAnnounced = z.infer<typeof workerAnnounced>;
export type SessionOpen = z.infer<typeof sessionOpen>;
export type SessionGranted = z.infer<typeof sessionGranted>;
export type SessionRefused = z.infer<typeof sessionRefused>;
export type SessionReady = z.infer<typeof sessionReady>;
export type JobAssigned = z.infer<typeof jobAssigned>;
export type VerdictReturned = z.infer<typeof verdictReturned>;
export type JobEnded = z.infer<typeof jobEnded>;
export type DraftStart = z.infer<typeof draftStart>;
export type DraftConfirmed = z.infer<typeof draftConfirmed>;
export type DroppedDrafts = z.infer<typeof droppedDrafts>;
export type DraftProposed = z.infer<typeof draftProposed>;
export type DraftRejected = z.infer<typeof draftRejected>;
export type ChartsWatched = z.infer<typeof chartsWatched>;
export type ChartsShown = z.infer<typeof chartsShown>;
