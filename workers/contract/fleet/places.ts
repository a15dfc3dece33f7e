/** Where a script for Windows goes in Intune, and with which options. */
export const INTUNE_SCRIPT = [
  "Intune: Devices > Scripts and remediations > Platform scripts > Windows 10 and later. Run with the logged-on credentials: No. Run in 64-bit PowerShell: Yes.",
];

/** Where a configuration profile goes. */
export const JAMF_PROFILE = [
  "Jamf Pro: Computers > Configuration Profiles > Upload.",
  "Intune, for macOS: Devices > macOS > Configuration > Custom template, deployment channel: device.",
];

/** Where a script for macOS goes. */
export const JAMF_SCRIPT = [
  "Jamf Pro: Settings > Scripts, then a policy that runs the script once per computer and again after a change.",
];
