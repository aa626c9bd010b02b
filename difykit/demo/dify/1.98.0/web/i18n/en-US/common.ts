const translation = {
  menus: {
    apps: 'Studio',
    datasets: 'Knowledge',
  },
  operation: {
    save: 'Save',
    cancel: 'Cancel',
  },
}

export default translation
