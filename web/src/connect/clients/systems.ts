/** Operating systems that the instructions differ for. */
export const SYSTEMS = ["macos", "windows", "linux"] as const;
/** One of them. */
export type System = (typeof SYSTEMS)[number];

/** Their names. */
export const SYSTEM_LABELS: Record<System, string> = {
  macos: "macOS",
  windows: "Windows",
  linux: "Linux",
};

/** A path on each operating system, as its own programs write it. */
export type Paths = Record<System, string>;

/** A path below the home folder, which every system has in the same place. `path`: with slashes. */
export function inHome(path: string): Paths {
  const unix = `~/${path}`;
  return { macos: unix, linux: unix, windows: `%USERPROFILE%\\${path.replaceAll("/", "\\")}` };
}

/** A path in the project's folder. */
export function inProject(path: string): Paths {
  return { macos: path, linux: path, windows: path.replaceAll("/", "\\") };
}

/** Finds the operating system in a browser's `User-Agent`. Linux, if it names none of the others. */
export function findSystem(userAgent: string): System {
  if (/Windows/i.test(userAgent)) return "windows";
  return /Mac OS X|Macintosh/i.test(userAgent) ? "macos" : "linux";
}
