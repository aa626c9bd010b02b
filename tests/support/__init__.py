"""What tests share: file trees, upstream repositories, workspaces, and the program itself."""
