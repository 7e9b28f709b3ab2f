import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

let known: { readonly files: string; readonly certificates: string[] } | undefined;

/**
 * Whom to believe that a web server is the one it says it is. `undefined`: whom Node believes by itself. Whoever has an authority of their
 * own names its file in `SSL_CERT_FILE`, as for curl, and it counts besides the others.
 */
export function trustedCertificates(environment: NodeJS.ProcessEnv = process.env): string[] | undefined {
  const own = environment['SSL_CERT_FILE'];
  if (own === undefined || own === '') return undefined;
  const files = [own, environment['NODE_EXTRA_CA_CERTS'] ?? ''].filter((file) => file !== '');
  if (known?.files !== files.join('\0')) known = { files: files.join('\0'), certificates: files.map(readCertificates) };
  return [...rootCertificates, ...known.certificates];
}

/** A file that cannot be read vouches for nobody. */
function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
