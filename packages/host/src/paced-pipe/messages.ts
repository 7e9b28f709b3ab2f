/** What its owner tells a pump: the whole set, each time. */
export interface PumpSettings {
  /** Counts up; the pump answers it when the settings are in force. */
  readonly number: number;
  /** Bytes per second in each direction; `null` for no limit. */
  readonly rate: number | null;
  readonly paused: boolean;
}

/** Bytes that went by since the pump started. */
export interface PumpCounters {
  /** To the far end. */
  readonly up: number;
  /** From the far end. */
  readonly down: number;
}

/** How the program behind a pump ended. */
export interface ProgramEnd {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** What a pump tells its owner. Absent fields have no news. */
export interface PumpNews {
  /** The number of the settings that are in force. */
  readonly inForce?: number;
  readonly counters?: PumpCounters;
  /** The last word. */
  readonly end?: ProgramEnd;
}

/** Variables of a pump's environment. */
export const socketVariable = 'IMAGE_API_PACE_SOCKET';
/** The Node that runs the pump. */
export const nodeVariable = 'IMAGE_API_PACE_NODE';

/** One message, as a line. */
export function lineOf(message: PumpSettings | PumpNews): string {
  return `${JSON.stringify(message)}\n`;
}

/** Cut text that comes in pieces of any size into messages. */
export function createMessageReader(onMessage: (message: unknown) => void): (piece: string) => void {
  let rest = '';
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onMessage(JSON.parse(line));
  };
}
