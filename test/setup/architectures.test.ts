import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '../..');
const one = /amd64|x86[-_]64|\bx64\b/i;
const other = /arm64|aarch64/i;
const nearbyLines = 4;

/** Lines that name the one architecture with no line nearby that names the other. */
function assumptions(text: string): number[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const around = lines.slice(Math.max(0, index - nearbyLines), index + nearbyLines + 1).join('\n');
    return one.test(line) && !other.test(around) ? [index + 1] : [];
  });
}

describe('architectures', () => {
  it('finds an assumption where there is one', () => {
    assert.deepEqual(assumptions('a\nFROM --platform=linux/amd64 x\nb'), [2]);
    assert.deepEqual(assumptions('amd64: 1\narm64: 2'), []);
  });

  it('are named in pairs everywhere in the sources', () => {
    const patterns = [
      '*.{json,yml,mjs,ts,md}',
      '.ci/*',
      '{controller,sandbox-image,test/runner,examples,docs}/**/*',
      '{controller,sandbox-image}/**/Dockerfile',
    ];
    const files = globSync(patterns, { cwd: root, withFileTypes: true, exclude: ['**/node_modules/**'] })
      .filter((entry) => entry.isFile() && !/\.(png|jpe?g|webp|gz|ico)$|package-lock\.json$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => file !== import.meta.filename);
    assert.ok(files.length > 50, `only ${files.length} files were read`);
    const found = files.flatMap((file) =>
      assumptions(readFileSync(file, 'utf8')).map((line) => `${relative(root, file)}:${line}`),
    );
    assert.deepEqual(found, []);
  });

  it('have each their own entry in both seccomp profiles, without the 32-bit ABIs', () => {
    for (const name of ['browser', 'strict']) {
      const profile = JSON.parse(readFileSync(join(root, `sandbox-image/seccomp/${name}.json`), 'utf8'));
      assert.deepEqual(profile.archMap, [
        { architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] },
        { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: [] },
      ]);
    }
  });
});
