import { withPlainLength } from '../../../lib/delivery/http/plain-length';

const head = (...lines: readonly string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');

describe('withPlainLength', () => {
  it.each([
    { lines: ['Content-Length: 2', 'Content-Length: 2'], plain: ['Content-Length: 2'] },
    {
      lines: ['content-length:2', 'A: b', 'CONTENT-LENGTH : 2'],
      plain: ['Content-Length: 2', 'A: b'],
    },
    { lines: ['Content-Length: 7, 7 ,7'], plain: ['Content-Length: 7'] },
    {
      lines: ['Content-Length: 9', 'Transfer-Encoding: chunked'],
      plain: ['Transfer-Encoding: chunked'],
    },
  ])('The head with $lines becomes plain', ({ lines, plain }) => {
    expect(withPlainLength(head(...lines))).toBe(head(...plain));
  });

  it.each([
    [['A: b']],
    [['Content-Length: 2']],
    [['Content-Length: 2', 'Content-Length: 3']],
    [['Content-Length: 2, 3']],
    [['Content-Length: -1', 'Content-Length: -1']],
    [['X: Content-Length: 2', 'Content-Length: 2']],
    [['Transfer-Encoding: chunked']],
  ])('The head with %j stays as it is', (lines) => {
    expect(withPlainLength(head(...lines))).toBe(head(...lines));
  });
});
