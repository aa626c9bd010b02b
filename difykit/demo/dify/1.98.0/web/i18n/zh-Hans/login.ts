const translation = {
  pageTitle: '很高兴见到你',
  email: '邮箱',
  password: '密码',
  signBtn: '登录',
  error: {
    emailEmpty: '请填写邮箱',
  },
}

export default translation
