import { Seldom } from '../../lib/logging/seldom';

describe('Seldom', () => {
  it('isDue() is true once within the time, for each subject', () => {
    let now = 0;
    const seldom = new Seldom(100, () => now);
    const due = () => ['a', 'b'].map((subject) => seldom.isDue(subject));
    expect(due()).toEqual([true, true]);
    now = 99;
    expect(due()).toEqual([false, false]);
    now = 100;
    expect(due()).toEqual([true, true]);
  });
});
