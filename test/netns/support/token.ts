/** A token that only these tests know. */
export const TOKEN = 'insecure_in-trouble'
