import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleCodes } from '../../lib/admin/page/sample-codes';
import { DIGESTS, type Digest } from '../../lib/options/listener';
import { hookHmac } from '../../lib/signing/signature';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = '{"name":"Zoë","address":null}';

/** How to run the sample of a language on a body and a header, printing `true` or `false`. */
const RUNNERS: Readonly<Record<string, (folder: string, code: string) => readonly string[]>> = {
  'Node.js': (folder, code) => {
    const run = `import { readFileSync } from 'node:fs';
console.log(isSigned(readFileSync('body'), process.env.HOOK_HMAC));`;
    writeFileSync(join(folder, 'check.mjs'), `${code}\n${run}`);
    return [process.execPath, 'check.mjs'];
  },
  Python: (folder, code) => {
    const run = 'print(str(is_signed(open("body", "rb").read(), os.environ["HOOK_HMAC"])).lower())';
    writeFileSync(join(folder, 'check.py'), `${code}\n${run}`);
    return ['python3', 'check.py'];
  },
  Java: (folder, code) => {
    const run = `class Main {
  public static void main(String[] args) throws Exception {
    byte[] body = java.nio.file.Files.readAllBytes(java.nio.file.Path.of("body"));
    System.out.println(Webhooks.isSigned(body, System.getenv("HOOK_HMAC")));
  }
}`;
    const [imports = '', main = ''] = [code.split('\nclass')[0], code.slice(code.indexOf('class'))];
    writeFileSync(join(folder, 'Main.java'), `${imports}\n${run}\n${main}`);
    return ['java', 'Main.java'];
  },
  bash: (folder, code) => {
    writeFileSync(join(folder, 'check.sh'), `${code} > /dev/null && echo true || echo false`);
    return ['bash', 'check.sh'];
  },
};

/** Whether the program of a language is there. */
function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program]);
    return true;
  } catch {
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'sample-codes-'));
writeFileSync(join(folder, 'body'), BODY);

function judged(language: string, digest: Digest, hmac: string): string {
  const code = sampleCodes(digest).find((one) => one.language === language)?.code ?? '';
  const [program = '', ...args] = RUNNERS[language]?.(folder, code) ?? [];
  const env = { ...process.env, WEBHOOK_SECRET: SECRET, HOOK_HMAC: hmac };
  return execFileSync(program, args, { cwd: folder, env, encoding: 'utf8' }).trim();
}

describe('sampleCodes()', () => {
  const here = Object.keys(RUNNERS).filter(
    (language) => language !== 'Java' || isInstalled('java'),
  );
  const python = isInstalled('python3') ? here : here.filter((language) => language !== 'Python');

  it.each(python.flatMap((language) => DIGESTS.map((digest) => ({ language, digest }))))(
    'The code for $language accepts a right $digest and refuses a wrong one',
    ({ language, digest }) => {
      const right = hookHmac(digest, SECRET, BODY);
      const wrong = hookHmac(digest, SECRET, `${BODY} `);
      expect([judged(language, digest, right), judged(language, digest, wrong)]).toEqual([
        'true',
        'false',
      ]);
    },
  );

  it('Each of the seven languages has a code that names the digest of the listener', () => {
    const codes = sampleCodes('sha512');
    expect(codes.map(({ language }) => language)).toEqual([
      'Node.js',
      'Python',
      'PHP',
      'Ruby',
      'Go',
      'Java',
      'bash',
    ]);
    for (const { code } of codes) expect(code).toMatch(/sha-?512/i);
  });
});
