import fc from 'fast-check';
import { InteractiveResponse } from '../../lib';
import { readAnswer } from '../../lib/interactive/answer';

describe('readAnswer', () => {
  it.each<readonly [string, unknown, object]>([
    [
      'done()',
      InteractiveResponse.done(),
      { status: 'success', httpStatus: 200, headers: null, body: null },
    ],
    [
      'fail()',
      InteractiveResponse.fail(),
      { status: 'fail', httpStatus: 400, headers: null, body: null },
    ],
    [
      'an answer with all fields',
      InteractiveResponse.fail(422, { 'x-a': 'b' }, { m: 1 }, 'why'),
      { status: 'fail', httpStatus: 422, headers: { 'x-a': 'b' }, body: { m: 1 }, output: 'why' },
    ],
    [
      'snake case',
      { status: 'success', http_status: 201, body: [1] },
      { status: 'success', httpStatus: 201, headers: null, body: [1] },
    ],
    ['a failure', { status: 'failure' }, { status: 'fail', httpStatus: 400 }],
    [
      'a body of its own form',
      { status: 'success', body: new Date(0) },
      { body: '1970-01-01T00:00:00.000Z' },
    ],
  ])('An object that is %s is that answer', (_name, value, expected) => {
    expect(readAnswer(value)).toMatchObject(expected);
  });

  it.each([
    [200, 200],
    [599, 599],
    [199, 400],
    [100, 400],
    [600, 400],
    [0, 400],
    [-1, 400],
    [204.5, 400],
    [Number.NaN, 400],
    ['422', 400],
    [null, 400],
  ])('The HTTP status %p is read as %d', (httpStatus, expected) => {
    expect(readAnswer({ status: 'fail', httpStatus })).toMatchObject({ httpStatus: expected });
  });

  it('Headers that a response cannot have are left out', () => {
    const headers = {
      'X-Good': 'yes',
      'X-Number': 3,
      'bad name': 'a',
      'X-Split': 'a\r\nSet-Cookie: b',
      'X-List': ['a'],
      'Content-Length': '5',
      'transfer-encoding': 'chunked',
    };
    expect(readAnswer({ status: 'success', headers })?.headers).toEqual({
      'X-Good': 'yes',
      'X-Number': '3',
    });
  });

  it('Any value is read without an error, and what is read is frozen', () => {
    fc.assert(
      fc.property(
        fc.record({
          status: fc.constantFrom('success', 'fail', 'skip'),
          httpStatus: fc.anything(),
          headers: fc.anything(),
          body: fc.anything(),
          output: fc.anything(),
        }),
        (value) => {
          const answer = readAnswer(value);
          expect(answer === null).toBe(value.status === 'skip');
          if (!answer) return;
          expect(Object.isFrozen(answer)).toBe(true);
          expect(Number.isInteger(answer.httpStatus)).toBe(true);
        },
      ),
    );
  });

  it.each([undefined, null, 1, 'success', ['success'], {}, { status: 'skip' }])(
    'The value %p is no answer',
    (value) => {
      expect(readAnswer(value)).toBeNull();
    },
  );
});
