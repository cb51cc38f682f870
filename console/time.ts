/** A time of day on the viewer's clock, to the millisecond: `12:31:07.042`. */
export function timeOfDay(atMs: number): string {
  const date = new Date(atMs);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits);
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
