/**
 * Language tag for numbers and times. The dashboard's words are English, so they are too; with the reader's own form of
 * English, or the international one with 24 hours and the day before the month.
 */
export const LOCALE = navigator.languages.find((tag) => /^en\b/.test(tag)) ?? "en-GB";
