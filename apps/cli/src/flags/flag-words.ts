import type { ImageFormat, Need, Priority } from '@image-api/driver';
import type { CopyOptions, VerifyMode } from 'image-api';

// As objects, so that the compiler notices a word that is missing here.

export const needs: Readonly<Record<Need, true>> = {
  sparse: true,
  resume: true,
  delta: true,
  readyEarly: true,
  pause: true,
  limits: true,
  liveLimits: true,
  progress: true,
  cache: true,
};

export const formats: Readonly<Record<ImageFormat, true>> = {
  raw: true,
  qcow2: true,
  vmdk: true,
  vhd: true,
  vhdx: true,
  vdi: true,
  qed: true,
  iso: true,
  gpt: true,
  luks: true,
};

export const verifyModes: Readonly<Record<VerifyMode, true>> = { none: true, size: true, content: true, sha256: true, 'read-back': true };

export const priorities: Readonly<Record<Priority, true>> = { normal: true, idle: true };

export const overwriteModes: Readonly<Record<NonNullable<CopyOptions['overwrite']>, true>> = { never: true, replace: true };
