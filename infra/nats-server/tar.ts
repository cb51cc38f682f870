const BLOCK = 512;

/** The contents of the first regular file in a tar archive whose name ends in `/${name}`; undefined: none. */
export function fileInTar(archive: Buffer, name: string): Buffer | undefined {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const path = text(archive, at, 100);
    const size = Number.parseInt(text(archive, at + 124, 12), 8);
    if (path === '' || !Number.isInteger(size)) return undefined;
    const type = String.fromCharCode(archive[at + 156] ?? 0);
    const start = at + BLOCK;
    if ((type === '0' || type === '\0') && path.endsWith(`/${name}`))
      return archive.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}

function text(archive: Buffer, start: number, length: number): string {
  const field = archive.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end).trim();
}
