import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { ImageError } from '@image-api/driver';
import type { Driver, Logger } from '@image-api/driver';
import type { DriverEntry } from '../config/config.ts';

/** The project's own drivers, in order of preference where estimates are equal. */
const ownDrivers = ['cp', 'ssh', 'rsync', 'scp', 'http', 'qemu-stream', 'p2p-precache'] as const;

/**
 * The configured drivers, in order; without configuration, whichever of the project's own are installed.
 *
 * @param bases files or directories whose `node_modules` are searched, before the core's own place
 */
export async function loadDrivers(
  entries: readonly DriverEntry[] | undefined,
  bases: readonly string[],
  logger: Logger,
): Promise<readonly Driver[]> {
  if (entries !== undefined) return unique(await Promise.all(entries.map((entry) => loadDriver(entry, bases))));
  const found = await Promise.all(ownDrivers.map((id) => findInstalled(id, bases, logger)));
  const installed = found.filter((driver) => driver !== undefined);
  if (installed.length > 0) return installed;
  throw new ImageError(
    'no driver is installed: npm install @image-api/driver-cp @image-api/driver-ssh @image-api/driver-rsync @image-api/driver-scp',
    {
      code: 'UNKNOWN_DRIVER',
      origin: 'caller',
    },
  );
}

/** Nobody asked for this one by name, so a broken package of it must not stand in the way of the others. */
async function findInstalled(id: string, bases: readonly string[], logger: Logger): Promise<Driver | undefined> {
  try {
    return await findDriver(id, {}, bases);
  } catch (error) {
    logger.warn(`driver ${id} is left out: ${(error as Error).message}`);
    return undefined;
  }
}

async function loadDriver(entry: DriverEntry, bases: readonly string[]): Promise<Driver> {
  if (typeof entry !== 'string' && !Array.isArray(entry)) return checked(entry, 'the configured instance');
  const [id, options] = typeof entry === 'string' ? [entry, {}] : (entry as readonly [string, Readonly<Record<string, unknown>>]);
  const driver = await findDriver(id, options, bases);
  if (driver) return driver;
  throw new ImageError(`driver ${JSON.stringify(id)} is not installed: npm install ${packageNames(id)[0]}`, {
    code: 'UNKNOWN_DRIVER',
    origin: 'caller',
    driver: id,
  });
}

async function findDriver(id: string, options: Readonly<Record<string, unknown>>, bases: readonly string[]): Promise<Driver | undefined> {
  for (const name of packageNames(id)) {
    const module = await importFrom(name, bases);
    if (module) return checked(createDriver(module, name, options), name);
  }
  return undefined;
}

/** `rsync` is `@image-api/driver-rsync` or `image-api-driver-rsync`; a whole package name stands for itself. */
function packageNames(id: string): readonly [string, ...string[]] {
  if (id.startsWith('@') || id.startsWith('image-api-driver-')) return [id];
  return [`@image-api/driver-${id}`, `image-api-driver-${id}`];
}

async function importFrom(name: string, bases: readonly string[]): Promise<Record<string, unknown> | undefined> {
  const file = [...bases, import.meta.url].map((base) => resolveFrom(name, base)).find((found) => found !== undefined);
  // A package whose exports only name the condition `import` is invisible to require's resolver; the core's own place is then the only one left.
  return (file === undefined ? import(name) : import(pathToFileURL(file).href)).catch((error: unknown) => {
    if (isNotFound(error, name)) return undefined;
    throw new ImageError(`driver package ${name} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, {
      code: 'UNKNOWN_DRIVER',
      origin: 'caller',
      cause: error,
    });
  }) as Promise<Record<string, unknown> | undefined>;
}

function resolveFrom(name: string, base: string): string | undefined {
  try {
    return createRequire(base).resolve(name);
  } catch {
    return undefined;
  }
}

function isNotFound(error: unknown, name: string): boolean {
  return (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND' && (error as Error).message.includes(`'${name}'`);
}

/** A driver package exports its factory under its id in camel case. */
function createDriver(module: Record<string, unknown>, name: string, options: Readonly<Record<string, unknown>>): unknown {
  const id = name.replace(/^.*driver-/, '');
  const factory = module[id.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())];
  if (typeof factory !== 'function') {
    throw new ImageError(`package ${name} exports no factory for a driver called ${id}`, { code: 'UNKNOWN_DRIVER', origin: 'caller' });
  }
  return (factory as (options: Readonly<Record<string, unknown>>) => unknown)(options);
}

function checked(value: unknown, where: string): Driver {
  const driver = value as Partial<Driver> | null;
  const complete = typeof driver?.probe === 'function' && typeof driver.offer === 'function' && typeof driver.transfer === 'function';
  if (complete && driver.specVersion === 1) return driver as Driver;
  throw new ImageError(`${where} is not a driver of contract version 1; make it with defineDriver() from @image-api/driver`, {
    code: 'UNKNOWN_DRIVER',
    origin: 'caller',
  });
}

function unique(drivers: readonly Driver[]): readonly Driver[] {
  const twice = drivers.find((driver, index) => drivers.findIndex((other) => other.id === driver.id) !== index);
  if (!twice) return drivers;
  throw new ImageError(`driver ${twice.id} is configured twice`, { code: 'BAD_CONFIG', origin: 'caller', driver: twice.id });
}
