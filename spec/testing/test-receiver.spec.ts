import { signedRequest, type TestReceiver, testReceiver } from '../../lib/testing';

const post = (url: string, { headers, body }: ReturnType<typeof signedRequest>) =>
  fetch(url, { method: 'POST', headers, body });

describe('testReceiver', () => {
  let receiver: TestReceiver;
  beforeEach(async () => {
    receiver = await testReceiver();
  });
  afterEach(() => receiver.close());

  const signed = (name: string, secret = receiver.secret) =>
    signedRequest({ secret, event: { name: 'person.created', data: { name } } });

  it('A signed request is verified and kept', async () => {
    expect((await post(`${receiver.url}/path?a=1`, signed('Joe'))).status).toBe(200);
    expect(receiver.events).toEqual([{ name: 'Joe' }]);
    expect(receiver.requests).toMatchObject([
      { path: '/path?a=1', verified: { event: 'person.created', attempt: 1 }, refusal: null },
    ]);
  });

  it('A request with another secret is refused until the secret is accepted', async () => {
    const secret = 'another secret of a listener';
    expect((await post(receiver.url, signed('Eve', secret))).status).toBe(401);
    expect(receiver.requests).toEqual([]);
    expect(receiver.refused).toMatchObject([{ refusal: { reason: 'signature-mismatch' } }]);
    receiver.accept(secret);
    expect((await post(receiver.url, signed('Ann', secret))).status).toBe(200);
    expect(receiver.events).toEqual([{ name: 'Ann' }]);
  });

  it('A repeated delivery is among the events once, and the events of a batch are there one by one', async () => {
    const repeated = signed('Joe');
    await post(receiver.url, repeated);
    await post(receiver.url, repeated);
    await post(
      receiver.url,
      signedRequest({
        secret: receiver.secret,
        body: [{ n: 1 }, { n: 2 }],
        headers: { 'x-other': '1' },
      }),
    );
    expect(receiver.requests).toHaveLength(3);
    expect(receiver.events).toEqual([{ name: 'Joe' }, [{ n: 1 }, { n: 2 }]]);
  });

  it('Replies are given one by one, and the last one from then on', async () => {
    receiver.reply({ status: 503, headers: { 'retry-after': '1' } }, { body: { status: 'skip' } });
    const replies: unknown[] = [];
    for (const name of ['a', 'b', 'c']) {
      const reply = await post(receiver.url, signed(name));
      replies.push([reply.status, reply.headers.get('retry-after'), await reply.text()]);
    }
    const skip = [200, null, '{"status":"skip"}'];
    expect(replies).toEqual([[503, '1', ''], skip, skip]);
  });

  it('`waitFor` resolves when the requests are there', async () => {
    const waiting = receiver.waitFor(2);
    await post(receiver.url, signed('a'));
    await post(receiver.url, signed('b'));
    expect(await waiting).toHaveLength(2);
    expect(await receiver.waitFor(1)).toHaveLength(2);
  });

  it('`waitFor` names what came in place of the requests', async () => {
    await post(receiver.url, signed('a', 'another secret of a listener'));
    await expect(receiver.waitFor(1, { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'TEST_TIMEOUT',
      message: expect.stringContaining('got 0; 1 refused: signature-mismatch'),
    });
  });

  it('`waitFor` ends when the receiver is closed', async () => {
    const waiting = receiver.waitFor(1);
    await receiver.close();
    await expect(waiting).rejects.toMatchObject({ code: 'TEST_TIMEOUT' });
  });

  it.each(['', 'whsec_*****', [], [undefined]])(
    'An unusable secret is refused: %j',
    async (secret) => {
      await expect(testReceiver({ secret: secret as never })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      });
      if (typeof secret === 'string') expect(() => receiver.accept(secret)).toThrow('secret');
    },
  );

  it('It ends with the block that uses it', async () => {
    await receiver[Symbol.asyncDispose]();
    await expect(fetch(receiver.url)).rejects.toThrow();
  });
});
