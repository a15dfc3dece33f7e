/** A temporary folder or one for downloads, where other programs write. */
const UNSAFE_FOLDER =
  /^(?:\/tmp|\/var\/tmp|\/dev\/shm|\/private\/tmp)(?:\/|$)|[/\\](?:downloads|temp|tmp)[/\\]|^%te?mp%|^[a-z]:\\(?:temp|users\\public)\\|^\\\\[^\\]/i;

/** Whether other programs or people can write where a program is. */
export function isUnsafeFolder(path: string): boolean {
  return UNSAFE_FOLDER.test(path);
}

const HOME = String.raw`~|\$HOME|\$\{HOME\}|\$\{env:HOME\}|\{env:HOME\}|\$\{userHome\}|%USERPROFILE%|\$env:USERPROFILE|\/(?:home|Users)\/[^/]+|[a-z]:[\\/]+Users[\\/]+[^\\/]+`;
const WHOLE = new RegExp(
  String.raw`^(?:\/|\*|[a-z]:[\\/]*|(?:${HOME})|\/(?:home|Users|etc|root|var|usr|Volumes|mnt|media|mnt\/c|proc|sys|dev|boot|run)|[a-z]:[\\/]+(?:Users|Windows))[\\/]?\*{0,2}$`,
  "i",
);
/** Homes that only show what belongs there. */
const SHOWN_HOME = /[\\/](?:username|user|you|your[-_ ]?\w*|me|<.*>|\{.*\}|xxx|\[.*\])[\\/]?$/i;

/** Whether a path is a whole disk, a home folder or a folder of the system. */
export function isWholePlace(path: string): boolean {
  return WHOLE.test(path) && !SHOWN_HOME.test(path);
}

/** Whether a path is a home folder, the disk or `/root`. */
export function isHomeOrDisk(path: string): boolean {
  return isWholePlace(path) && !/^\/(?:etc|var|usr|proc|sys|dev|boot|run|mnt|media)/i.test(path);
}

const KEY_FOLDER =
  /(?:^|[\\/=:'"\s])(?:\.ssh|\.aws|\.gnupg|\.kube|\.azure|\.docker|\.config[\\/]gcloud|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.password-store|\.config[\\/]gh)(?:[\\/'"\s:,]|$)/i;
const PROFILE =
  /Library[\\/]Keychains|[\\/]Keychains[\\/]|Google[\\/]Chrome(?:[\\/]User Data|[\\/]Default|$)|\.config[\\/](?:google-chrome|chromium|BraveSoftware)|BraveSoftware|Mozilla[\\/]Firefox[\\/]Profiles|\.mozilla[\\/]firefox|Microsoft[\\/]Edge[\\/]User Data|[\\/]Login Data\b|\.local[\\/]share[\\/]keyrings|\.(?:bitcoin|ethereum|electrum|solana)(?:[\\/]|$)|[\\/](?:Bitcoin|Ethereum|Electrum|Exodus)[\\/]|wallet\.dat|\/etc\/shadow/i;

/** Whether a text names a folder with keys of the person. */
export function hasKeyFolder(text: string): boolean {
  return KEY_FOLDER.test(text) || PROFILE.test(text);
}
