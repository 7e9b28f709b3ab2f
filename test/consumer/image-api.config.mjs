import { defineConfig } from 'image-api';
export default defineConfig({
  drivers: ['rsync', 'cp'],
  verify: 'sha256',
});
