// The labels of form-js in Chinese.
export const FORM_WORDS = {
};
