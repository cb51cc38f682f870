/**
 * Milliseconds between two steps of a search, for each generation that runs: predicting must not keep messages waiting.
 */
export const STEP_EVERY_MS = 8;
