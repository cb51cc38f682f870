import { z } from 'zod';

/** What a worker says to the process that started it, over the child's message channel. */
export const workerNoteSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('worker.ready'), worker: z.string() }),
  z.object({ type: z.literal('worker.failed'), code: z.string(), message: z.string() }),
]);

export type WorkerNote = z.infer<typeof workerNoteSchema>;
