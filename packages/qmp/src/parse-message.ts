import { parse } from 'lossless-json';
import type { QmpGreeting } from './qmp.ts';
import { QmpError } from './qmp-error.ts';
import type { QmpInteger, QmpObject, QmpValue } from './qmp-value.ts';

/** What a monitor says. An error without an id is about a line that it could not read. */
export type QmpMessage =
  | { readonly kind: 'greeting'; readonly greeting: QmpGreeting }
  | { readonly kind: 'answer'; readonly id: QmpValue | undefined; readonly result: QmpValue }
  | { readonly kind: 'refusal'; readonly id: QmpValue | undefined; readonly class: string; readonly description: string }
  | { readonly kind: 'event'; readonly name: string; readonly data: QmpObject; readonly atMs: number };

/**
 * Read one line.
 *
 * @throws QmpError `protocol` when it is none of QMP's messages
 */
export function parseMessage(line: string): QmpMessage {
  const message = parseLine(line);
  if (!isObject(message)) throw unknown(line);
  const { QMP: greeting, event, error, id, return: result } = message;
  if (isGreeting(greeting)) return { kind: 'greeting', greeting };
  if (typeof event === 'string') return eventOf(event, message);
  if (isRefusal(error)) return { kind: 'refusal', id, class: error.class, description: error.desc };
  if (result === undefined) throw unknown(line);
  return { kind: 'answer', id, result };
}

function eventOf(name: string, { data, timestamp }: QmpObject): QmpMessage {
  const at = isObject(timestamp) ? timestamp : {};
  const atMs = Number(at['seconds'] ?? 0) * 1000 + Number(at['microseconds'] ?? 0) / 1000;
  return { kind: 'event', name, data: isObject(data) ? data : {}, atMs };
}

function parseLine(line: string): unknown {
  try {
    return parse(line, undefined, { parseNumber });
  } catch (cause) {
    throw new QmpError(`the monitor sent what is not JSON: ${excerpt(line)}`, { kind: 'protocol', cause });
  }
}

function parseNumber(text: string): QmpInteger {
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
}

function isGreeting(value: unknown): value is QmpGreeting {
  return isObject(value) && isObject(value['version']) && isObject(value['version']['qemu']);
}

function isRefusal(value: unknown): value is { readonly class: string; readonly desc: string } {
  return isObject(value) && typeof value['class'] === 'string' && typeof value['desc'] === 'string';
}

function isObject(value: unknown): value is QmpObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknown(line: string): QmpError {
  return new QmpError(`the monitor sent what is not a message of QMP: ${excerpt(line)}`, { kind: 'protocol' });
}

/** The beginning of a line, fit for a terminal. */
function excerpt(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
}
