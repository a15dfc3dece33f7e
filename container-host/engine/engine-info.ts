import { z } from "zod";
import type { EngineFacts } from "./engine-findings.ts";

/** The used members of `GET /version` and `GET /info` (Docker Engine API). */
export const EngineInfo = z.object({
  Version: z.string(),
  Components: z
    .array(
      z.object({
        Name: z.string(),
        Version: z.string(),
        Details: z.object({ GitCommit: z.string().optional() }).nullish(),
      }),
    )
    .nullish(),
  DefaultRuntime: z.string().default("runc"),
  KernelVersion: z.string(),
  CgroupVersion: z.string().default("1"),
  MemoryLimit: z.boolean(),
  CpuCfsQuota: z.boolean(),
  PidsLimit: z.boolean().default(false),
  SecurityOptions: z.array(z.string()).nullish(),
  Driver: z.string(),
  Warnings: z.array(z.string()).nullish(),
});

/** The warning of an engine that listens on TCP without TLS. */
const OPEN_API = /API is accessible on .* without encryption/i;
const SECURITY_OPTION = /^name=([^,]+)/;

/** Reduces the engine's description to what the checks of a host use. */
export function toEngineFacts(info: z.infer<typeof EngineInfo>): EngineFacts {
  const runc = info.Components?.find(({ Name }) => Name === "runc");
  const limits = { memory: info.MemoryLimit, CPU: info.CpuCfsQuota, processes: info.PidsLimit };
  return {
    version: info.Version,
    runc: runc ? { version: runc.Version, build: runc.Details?.GitCommit ?? "" } : null,
    defaultRuntime: info.DefaultRuntime,
    kernel: info.KernelVersion,
    cgroupVersion: info.CgroupVersion,
    missingLimits: Object.entries(limits)
      .filter(([, isAvailable]) => !isAvailable)
      .map(([name]) => name),
    security: new Set(
      info.SecurityOptions?.map((option) => SECURITY_OPTION.exec(option)?.[1] ?? option),
    ),
    storageDriver: info.Driver,
    isOpenToNetwork: info.Warnings?.some((text) => OPEN_API.test(text)) ?? false,
  };
}
