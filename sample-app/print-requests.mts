// The receiver of `npm run hello`: prints each request as it arrives. It does not keep the process running.
import { createServer } from 'node:http';

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  console.log(`${request.method} ${request.url} HTTP/${request.httpVersion}`);
  for (const [name, value] of Object.entries(request.headers)) console.log(`${name}: ${value}`);
  console.log(`\n${Buffer.concat(chunks)}\n`);
  response.end();
});

server.listen(8080).unref();
