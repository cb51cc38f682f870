/** One JSON object a line, parent -> keeper. The end of the pipe is the order to clean up. */
export type KeeperOrder =
  | { readonly order: 'watchProcess'; readonly pid: number }
  | { readonly order: 'unwatchProcess'; readonly pid: number }
  | { readonly order: 'watchFolder'; readonly path: string };

/** What the keeper says once it listens. */
export const KEEPER_READY = 'ready';
