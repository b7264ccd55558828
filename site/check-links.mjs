// Checks the links of the built site: those within it by their files and anchors, others by their form alone.
import { fileURLToPath } from 'node:url';
import { LinkChecker } from 'linkinator';

const OWN = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):\d+\//;

/** @type {Set<string>} */
const malformed = new Set();

const { links } = await new LinkChecker().check({
  path: '.',
  serverRoot: fileURLToPath(new URL('dist', import.meta.url)),
  recurse: true,
  checkFragments: true,
  // A machine under load refuses connections at times.
  concurrency: 20,
  retryErrors: true,
  linksToSkip: async (link) => {
    if (OWN.test(link)) return false;
    if (!isWellFormed(link)) malformed.add(link);
    return true;
  },
});

const broken = links.filter(({ state }) => state === 'BROKEN');
for (const { url, parent, status } of broken) console.error(`${parent}: ${url} (${status})`);
for (const link of malformed) console.error(`Not an https: or mailto: address: ${link}`);

const checked = new Set(links.filter(({ state }) => state === 'OK').map(({ url }) => url));
console.log(`${checked.size} addresses of the site lead somewhere, ${broken.length} do not.`);
if (broken.length > 0 || malformed.size > 0 || checked.size < 100) process.exitCode = 1;

/** @param {string} link */
function isWellFormed(link) {
  return URL.canParse(link) && ['https:', 'mailto:', 'data:'].includes(new URL(link).protocol);
}
