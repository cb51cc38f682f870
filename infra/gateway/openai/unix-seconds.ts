/** A time of the scheduler, milliseconds since 1970, as OpenAI's objects have it. */
export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
