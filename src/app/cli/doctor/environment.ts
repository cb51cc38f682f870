import { ourVariables, unknownVariables } from '../../../../infra/config/known-settings.js';
import type { Check } from './check.js';

/** Which of our variables are set, and which nobody reads. */
export function environmentCheck(environment: Readonly<Record<string, string | undefined>>): Check {
  const what = 'environment';
  return {
    what,
    examine: () => {
      const names = ourVariables(environment);
      const unknown = unknownVariables(environment);
      if (unknown.length > 0)
        return { what, status: 'warning', detail: `there is no such setting: ${unknown.join(', ')}` };
      return { what, status: 'ok', detail: names.length === 0 ? 'nothing set' : `set: ${names.join(', ')}` };
    },
  };
}
