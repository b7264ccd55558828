import { table } from '../../lib/cli/table';

describe('table', () => {
  it('The columns are as wide as their longest cell, and the last one is wrapped', () => {
    const text = table(['A', 'LONG'], [['wide', 'one two three four five six seven eight']], 40);
    expect(text.split('\n')).toEqual([
      'A     LONG',
      'wide  one two three four five six seven',
      '      eight',
    ]);
  });

  it('Control characters of a name cannot reach the terminal', () => {
    expect(table(['A'], [['\u001b[2J']], 80)).toBe('A\n\\u001b[2J');
  });
});
