import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFolder } from '../../../infra/files/make-folder.js';
import { SystemError } from '../../../src/core/errors.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipstream-folder-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The one line that a person sees. */
function refusal(folder: string): string {
  try {
    makeFolder(folder);
  } catch (error) {
    if (error instanceof SystemError) return error.message;
    throw error;
  }
  return 'made';
}

describe('makeFolder', () => {
  test('makes what is missing, and is content with what is there', () => {
    const folder = join(root, 'a', 'b', 'c');
    makeFolder(folder);
    makeFolder(folder);
    expect(statSync(folder).isDirectory()).toBe(true);
  });

  test('refuses a place below a file, and a file', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    expect(refusal(join(file, 'a', 'b'))).toMatch(`the folder ${file}/a/b cannot be made: ENOTDIR`);
    expect(refusal(file)).toBe(`${file} is no folder`);
  });

  test('refuses a link to nowhere', () => {
    symlinkSync(join(root, 'nowhere'), join(root, 'link'));
    expect(refusal(join(root, 'link', 'a'))).toContain("EEXIST: file already exists, mkdir '");
  });

  test.runIf(process.platform === 'linux')('returns where no folder can be made at all', () => {
    expect(refusal('/proc/slipstream/models')).toBe(
      "the folder /proc/slipstream/models cannot be made: ENOENT: no such file or directory, mkdir '/proc/slipstream'",
    );
  });
});
