import fc from 'fast-check';
import { InvalidResponseError, RemoteExecuteError, UnknownStatusError } from '../../lib';
import { answeredRetval, isInProtocol } from '../../lib/task/protocol';

const thrown = (text: string): unknown => {
  try {
    return answeredRetval(text);
  } catch (error) {
    return error;
  }
};

describe('answeredRetval', () => {
  it('Each JSON value comes back as it was answered', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (retval) => {
        const text = JSON.stringify({ status: 'success', retval });
        expect(answeredRetval(text)).toEqual(JSON.parse(JSON.stringify(retval)));
      }),
    );
  });

  it('Spaces around the answer and further members do not matter', () => {
    expect(answeredRetval(' \n{"status":"success","retval":1,"more":2}\n')).toBe(1);
  });

  it.each<[string, string, string | null]>([
    ['a text', '{"status":"failure","reason":"no"}', 'no'],
    ['nothing', '{"status":"failure"}', null],
    ['null', '{"status":"failure","reason":null}', null],
    ['an empty text', '{"status":"failure","reason":""}', ''],
    ['an object', '{"status":"failure","reason":{"a":1}}', '{"a":1}'],
    ['a number, beside a value', '{"status":"failure","reason":7,"retval":1}', '7'],
  ])('The reason %s is that of the error', (_what, text, reason) => {
    const error = thrown(text);
    expect(error).toBeInstanceOf(RemoteExecuteError);
    expect(error).not.toBeInstanceOf(InvalidResponseError);
    expect(error).toMatchObject({ reason, code: 'REMOTE_EXECUTE' });
    expect(isInProtocol(text)).toBe(true);
  });

  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['<p>', 'no JSON'],
    ["{'status':'success'}", 'no JSON'],
    ['{"status":"success","retval":1', 'no JSON'],
    ['null', 'no JSON object'],
    ['1', 'no JSON object'],
    ['"success"', 'no JSON object'],
    ['[{"status":"success"}]', 'no JSON object'],
    ['{}', 'no `status`'],
    ['{"retval":1}', 'no `status`'],
    ['{"__proto__":{"status":"success","retval":1}}', 'no `status`'],
    ['{"status":"success"}', 'no `retval`'],
    [`{"status":"success","retval":${'['.repeat(2_000)}${']'.repeat(2_000)}}`, 'deeper'],
  ])('The answer %j is not valid', (text, why) => {
    const error = thrown(text);
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect(error).not.toBeInstanceOf(UnknownStatusError);
    expect(error).toMatchObject({ message: expect.stringContaining(why) });
    expect(isInProtocol(text)).toBe(false);
  });

  it.each([
    ['"Success"', 'Success'],
    ['""', ''],
    ['"fail"', 'fail'],
    ['null', 'null'],
    ['200', '200'],
    ['["failure"]', '["failure"]'],
  ])('The status %s is unknown', (json, status) => {
    const error = thrown(`{"status":${json},"retval":1}`);
    expect(error).toBeInstanceOf(UnknownStatusError);
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect(error).toMatchObject({ status, code: 'UNKNOWN_STATUS' });
    expect(isInProtocol(`{"status":${json}}`)).toBe(false);
  });
});
