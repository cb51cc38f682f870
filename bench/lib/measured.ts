import { z } from 'zod';

export const measurementSchema = z.object({ name: z.string(), value: z.number(), unit: z.string() });

/** One number of a benchmark. */
export type Measurement = z.infer<typeof measurementSchema>;

/** Tells a number to `npm run bench`, if that started this process. */
export function measured(name: string, value: number, unit: string): void {
  process.send?.({ name, value, unit } satisfies Measurement);
}
