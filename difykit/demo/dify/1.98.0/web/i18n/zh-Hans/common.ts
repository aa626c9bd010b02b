const translation = {
  menus: {
    apps: '工作室',
    datasets: '知识库',
  },
  operation: {
    save: '保存',
    cancel: '取消',
  },
}

export default translation
