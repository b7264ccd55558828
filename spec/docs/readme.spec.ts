import { read } from './documents';

const lines = read('README.md').trimEnd().split('\n');

describe('the README', () => {
  it('The README has at most 120 lines of at most 120 characters', () => {
    expect(lines.length).toBeLessThanOrEqual(120);
    expect(lines.filter(({ length }) => length > 120)).toEqual([]);
  });

  it('The README has no table on its first screen', () => {
    const tables = lines.flatMap((line, n) => (line.startsWith('|') ? [n + 1] : []));
    expect(tables.filter((line) => line <= 50)).toEqual([]);
  });

  it('The documents name the versions that package.json requires', () => {
    const { engines, peerDependencies } = JSON.parse(read('package.json')) as {
      readonly engines: { readonly node: string };
      readonly peerDependencies: { readonly typeorm: string };
    };
    expect(read('README.md')).toContain(`TypeORM \`${peerDependencies.typeorm}\``);
    expect(read('docs/getting-started.md')).toContain(`Node.js \`${engines.node}\``);
  });
});
