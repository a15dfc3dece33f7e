/** The error that breaks a response off. The platform takes one with this property for a lost connection, and does not log it. */
export function brokenOff(message: string): Error {
  return Object.assign(new Error(message), { retryable: true });
}
