/** A setting that cannot be used. The message names the variable and never holds its value. */
export class ConfigError extends Error {}
