import picocolors from 'picocolors';

/**
 * A JSON log line as `12:30:01.250 WARN message key=value ...`. What is not such a line is passed on as it is.
 */
export function prettyLine(line: string, coloured: boolean): string {
  const fields = parse(line);
  if (fields === undefined) return line;
  const { time, level, msg, ...rest } = fields;
  const colors = picocolors.createColors(coloured);
  const paint = PAINTS[String(level)] ?? 'dim';
  const words = [
    colors.dim(new Date(Number(time)).toISOString().slice(11, 23)),
    colors[paint](String(level).toUpperCase().padEnd(5)),
    String(msg),
    ...Object.entries(rest).map(([key, value]) => `${colors.dim(`${key}=`)}${printed(value)}`),
  ];
  return `${words.join(' ')}\n`;
}

const PAINTS: Readonly<Record<string, 'red' | 'yellow' | 'green' | 'dim'>> = {
  error: 'red',
  warn: 'yellow',
  info: 'green',
};

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    if (typeof fields !== 'object' || fields === null || !('time' in fields) || !('msg' in fields))
      return undefined;
    return fields as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Errors show their message; the stack is in the JSON form. */
function printed(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value === 'object' && value !== null && 'stack' in value && 'message' in value)
    return JSON.stringify(value.message);
  return JSON.stringify(value) ?? 'undefined';
}
