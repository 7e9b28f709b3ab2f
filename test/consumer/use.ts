import { isImageError } from '@image-api/driver';
import { copy, createImageApi } from 'image-api';
import type { ImageApi, Task, TaskResult } from 'image-api';

export async function move(from: string, to: string): Promise<TaskResult | undefined> {
  const api: ImageApi = createImageApi({ drivers: ['cp'], limits: { bandwidth: '20MiB/s' } });
  const task: Task = api.copy(from, to, { verify: 'sha256' });
  for await (const event of task) if (event.type === 'progress') console.log(event.progress.bytesLogical);
  try {
    return await copy(from, to).wait();
  } catch (error) {
    if (isImageError(error) && error.code === 'DESTINATION_EXISTS') return undefined;
    throw error;
  } finally {
    await api.dispose();
  }
}
