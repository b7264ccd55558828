import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A task server in another language, in a process of its own. */
export interface ForeignServer {
  readonly url: string;
  stop(): void;
}

/** `/multiply`, `/echo` (the arguments as they were read), `/fail`, `/empty`, `/html`, `/unknown`, `/500`, `/301` and `/slow`. */
const PYTHON = `
import json, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

class Tasks(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.answer(urlsplit(self.path).query)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers['Content-Length'])).decode('ascii'))

    def answer(self, encoded):
        args = dict(parse_qsl(encoded, keep_blank_values=True, encoding='utf-8'))
        name = urlsplit(self.path).path.strip('/')
        status, body = 200, {'status': 'success', 'retval': args}
        if name == 'multiply': body = {'status': 'success', 'retval': int(args['x']) * int(args['y'])}
        if name == 'fail': body = {'status': 'failure', 'reason': 'zu lang: ü'}
        if name == 'empty': body = ''
        if name == 'html': body = '<p>hello</p>'
        if name == 'unknown': body = {'status': 'maybe', 'retval': 1}
        if name == '500': status, body = 500, {'status': 'failure', 'reason': 'broken'}
        if name == '301': status, body = 301, ''
        if name == 'slow': time.sleep(60)
        encoded = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode('utf-8')
        self.send_response(status)
        if status == 301: self.send_header('Location', '/multiply?x=1&y=1')
        self.send_header('Content-Length', str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, *args):
        pass

server = ThreadingHTTPServer(('127.0.0.1', 0), Tasks)
print('port', server.server_address[1], flush=True)
server.serve_forever()
`;

/** As the server in Python, with the arguments as they are encoded: `GET x=1`. */
const SHELL = `
read -r method target _
length=0
while read -r line; do
  line=$(printf %s "$line" | tr -d '\\r')
  [ -z "$line" ] && break
  case "$line" in [Cc]ontent-[Ll]ength:*) length=\${line#*: };; esac
done
case "$method" in POST) args=$(head -c "$length");; *) args=\${target#*\\?};; esac
answer() {
  printf 'HTTP/1.1 %s\\r\\nConnection: close\\r\\nLocation: /echo\\r\\nContent-Length: %s\\r\\n\\r\\n%s' \\
    "$1" "$(printf %s "$2" | wc -c)" "$2"
}
case "$target" in
  /multiply*) answer '200 OK' '{"status":"success","retval":100}';;
  /fail*) answer '200 OK' '{"status":"failure","reason":"zu lang: ü"}';;
  /empty*) answer '200 OK' '';;
  /html*) answer '200 OK' '<p>hello</p>';;
  /unknown*) answer '200 OK' '{"status":"maybe"}';;
  /500*) answer '500 Internal Server Error' '{"status":"failure","reason":"broken"}';;
  /301*) answer '301 Moved Permanently' '';;
  /slow*) sleep 60;;
  *) answer '200 OK' "{\\"status\\":\\"success\\",\\"retval\\":\\"$method $args\\"}";;
esac
`;

export function startPython(): Promise<ForeignServer> {
  return started(spawn('python3', ['-c', PYTHON]));
}

/** A shell script behind `socat`. */
export async function startShell(): Promise<ForeignServer> {
  const folder = mkdtempSync(join(tmpdir(), 'model-hooks-shell-'));
  const script = join(folder, 'serve.sh');
  writeFileSync(script, SHELL);
  const listen = 'TCP-LISTEN:0,bind=127.0.0.1,reuseaddr,fork';
  const { url, stop } = await started(
    spawn('socat', ['-d', '-d', listen, `SYSTEM:sh ${script}`], { detached: true }),
  );
  return {
    url,
    stop: () => {
      stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function hasProgram(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`]);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when the server prints its port. */
function started(server: ChildProcess): Promise<ForeignServer> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (data: Buffer) => {
      text += data;
      const port = /port (\d+)|listening on .*:(\d+)/.exec(text)?.slice(1).find(Boolean);
      if (port !== undefined) resolve({ url: `http://127.0.0.1:${port}`, stop: () => end(server) });
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`The server ended: ${text}`)));
  });
}

/** The process, and those that it started if it leads a group of its own. */
function end(server: ChildProcess): void {
  const { pid = 0 } = server;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    server.kill('SIGKILL');
  }
}
