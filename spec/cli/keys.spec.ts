import { run } from '../../lib/cli/program';
import { publicKeyIn, signingKeyIn } from '../../lib/signing/key-pair';

/** What a command prints, and its exit code. */
async function printed(isInteractive: boolean, ...args: readonly string[]) {
  const lines: string[] = [];
  const print = (text: string) => void lines.push(text);
  const terminal = { print, printError: print, isInteractive, width: 80 };
  const code = await run(args, terminal as never);
  return { code, out: lines.join('\n') };
}

describe('model-hooks keys', () => {
  it('A terminal gets both keys as text', async () => {
    const { code, out } = await printed(true, 'keys');
    expect(code).toBe(0);
    expect(out).toMatch(/^secret key .* whsk_\S{88}\npublic key .* whpk_\S{44}$/);
  });

  it.each([
    { args: ['keys'], isInteractive: false },
    { args: ['keys', '--json'], isInteractive: true },
  ])('JSON has a usable pair, which is new each time: $args', async ({ args, isInteractive }) => {
    const [one, other] = [
      await printed(isInteractive, ...args),
      await printed(isInteractive, ...args),
    ];
    const { secretKey, publicKey } = JSON.parse(one.out);
    expect(signingKeyIn(secretKey)).not.toEqual(expect.any(String));
    expect(publicKeyIn(publicKey)).not.toBeNull();
    expect(JSON.parse(other.out).secretKey).not.toBe(secretKey);
  });
});
