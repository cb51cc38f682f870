import { errorMessage } from '../../../core/errors.js';

/** One line of the doctor's table. */
export interface Finding {
  readonly what: string;
  /** `warning`: works, or is not needed for everything; `problem`: something asked for cannot work. */
  readonly status: 'ok' | 'warning' | 'problem';
  readonly detail: string;
}

/** Looks after one thing. What it throws becomes a problem. */
export interface Check {
  readonly what: string;
  examine(): Promise<Finding | readonly Finding[]> | Finding;
}

export async function runCheck({ what, examine }: Check): Promise<readonly Finding[]> {
  try {
    return [await examine()].flat();
  } catch (error) {
    return [{ what, status: 'problem', detail: errorMessage(error) }];
  }
}
