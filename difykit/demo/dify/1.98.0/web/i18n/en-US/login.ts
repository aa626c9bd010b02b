const translation = {
  pageTitle: 'Good to see you',
  email: 'Email',
  password: 'Password',
  signBtn: 'Sign in',
  error: {
    emailEmpty: 'An email address is needed',
  },
}

export default translation
